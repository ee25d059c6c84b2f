// Muhammad and Yeasin, "Eigen-CAM: Class Activation Map using Principal Components", IJCNN 2020.
import { componentOf } from '../camMethod';
import { firstComponent } from '../maths/principal';

/** The first principal component of A, whatever the class. */
export const eigenCam = componentOf({ id: 'eigencam', title: 'Eigen-CAM', needs: 'activations' }, firstComponent);
